__version__ = "1.0"


def greet(name, *, loud=False):
    text = f"Hello, {name or 'world'}!"
    return text.upper() if loud else text
