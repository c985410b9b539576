"""Texts within bounds."""


def cut(text: str, longest: int) -> str:
    """A text, cut in the middle where it is too long, which it says."""
    if len(text) <= longest:
        return text
    kept = longest // 2
    return f"{text[:kept]}\n[… {len(text) - 2 * kept} characters were cut here …]\n{text[len(text) - kept:]}"


def fenced(text: str) -> str:
    """A text as a block of Markdown, whatever is in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"


def count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
