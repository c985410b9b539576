"""A list of things to do, in a JSON file."""

import argparse
import json
import sys
from pathlib import Path


def load(path):
    return json.loads(path.read_text()) if path.exists() else []


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="todo")
    parser.add_argument("--file", type=Path, default=Path("todo.json"))
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("add").add_argument("text")
    commands.add_parser("list")
    commands.add_parser("done").add_argument("number", type=int)
    given = parser.parse_args(arguments)
    items = load(given.file)
    if given.command == "add":
        items.append({"text": given.text, "done": False})
    elif given.command == "done":
        try:
            items[given.number - 1]["done"] = True
        except IndexError:
            print(f"there is no item {given.number}", file=sys.stderr)
            return 1
    for number, item in enumerate(items, 1):
        print(f"{number}. [{'x' if item['done'] else ' '}] {item['text']}")
    given.file.write_text(json.dumps(items))
    return 0


if __name__ == "__main__":
    sys.exit(main())
