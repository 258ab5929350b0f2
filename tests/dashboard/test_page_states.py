"""The states of a page: drawn, refused, and out of reach until the source answers again."""

import importlib

import pytest
import streamlit as st
from said import said

from dashboard.shown import states
from dashboard.source.source import OutOfReachError, RefusedError, Rows, typed

PAGES = ["overview", "hits", "streams", "catalogue", "churn", "activity", "breakout", "models"]


class Changing:
    """A source that answers, or not."""

    name = "a source"
    predicts = False

    def __init__(self, fault=None, rows=None):
        self.fault, self.rows = fault, rows

    def sheet(self, name, where=None, **more):
        if self.fault:
            raise self.fault
        return self.rows

    def ask(self, path, body=None, **query):
        raise self.fault

    def is_there(self):
        return self.fault is None


class Shown:
    """A page that shows one number."""

    @staticmethod
    def page(source):
        def body(source):
            found = states.sheet(source, "anything")
            if found is not None:
                st.metric("Number", found.frame["n"].sum())

        states.page(source, "A page", "What is asked?", body)


def rows(missing=""):
    return Rows(typed([{"n": 1}, {"n": 2}], []).assign(n=[1, 2]), 2, missing=missing)


def test_a_page_says_what_it_answers_and_shows_it(drawn):
    app = drawn(Shown, Changing(rows=rows()))
    assert [one.value for one in app.title] == ["A page"]
    assert app.metric[0].value == "3"
    assert not app.exception


def test_where_there_is_nothing_yet_the_page_says_what_to_run(drawn):
    app = drawn(Shown, Changing(rows=rows("Nothing yet. Run `refrain run`.")))
    assert "Run `refrain run`." in said(app)
    assert not app.metric


def test_a_refusal_is_shown_with_its_faults(drawn):
    app = drawn(Shown, Changing(fault=RefusedError("Not like this.", ["a: is odd. Write b"])))
    assert app.error[0].value == "a: is odd. Write b"
    app = drawn(Shown, Changing(fault=RefusedError("Not like this.", ["a: is odd. Write b", "c: is even."])))
    assert app.error[0].value == "Not like this.\n- a: is odd. Write b\n- c: is even."


def test_a_page_recovers_by_itself(drawn):
    source = Changing(fault=OutOfReachError("The API does not answer."), rows=rows())
    app = drawn(Shown, source)
    assert "The API does not answer." in app.error[0].value
    source.fault = None
    app.run()
    assert not app.error
    assert app.metric[0].value == "3"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_draws(drawn, source, name):
    app = drawn(importlib.import_module(f"dashboard.views.{name}.page"), source)
    assert not app.exception
    assert not app.error
    assert app.title
