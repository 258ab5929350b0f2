"""The errors a person may meet. Each says what is wrong, where, and what to do about it."""


class RefrainError(Exception):
    """A fault a person can mend. The command line prints it as a sentence and exits with `exit_code`.

    `message` says what is wrong and where; `hint` says what to do.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(RefrainError):
    """The command was called in a way that cannot mean anything (exit code 2)."""

    exit_code = 2


class SettingsError(RefrainError):
    """params.yaml holds a key or a value that is not understood."""


class InputError(RefrainError):
    """A file that was handed in cannot be read as what it is said to be."""


class ContractError(RefrainError):
    """A dataset breaks its contract; `dataset` names it."""

    def __init__(self, message: str, *, dataset: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.dataset = dataset


class TooFewRowsError(RefrainError):
    """There is too little data to split, fit or test honestly."""


class ModelError(RefrainError):
    """A stored model does not load, is not allowed to, or does not reproduce what it once said."""
