#!/bin/sh
# Copies what Snowflake needs of the pages into a new folder: `sh dashboard/in_snowflake/assemble.sh FOLDER`.
set -eu
here=$(dirname "$0")
root="$here/../.."
mkdir "$1" "$1/dashboard" "$1/refrain"
cp -R "$root/dashboard/.streamlit" "$1/.streamlit"
cp "$here/streamlit_app.py" "$here/requirements.txt" "$here/snowflake.yml" "$1"
cp -R "$root/dashboard/__init__.py" "$root/dashboard/app.py" "$root/dashboard/icon.svg" \
  "$root/dashboard/source" "$root/dashboard/shown" "$root/dashboard/views" "$1/dashboard"
cp "$root/refrain/"*.py "$1/refrain"
find "$1" -name __pycache__ -type d -prune -exec rm -r {} +
