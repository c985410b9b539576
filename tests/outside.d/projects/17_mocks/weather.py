import json
import time
from datetime import datetime
from urllib.request import urlopen


def fetch(city):
    with urlopen(f"https://weather.example/{city}") as answer:
        return json.load(answer)


def report(city, attempts=3):
    for attempt in range(attempts):
        try:
            return f"{city}: {fetch(city)['temperature']} °C at {datetime.now():%H:%M}"
        except OSError:
            time.sleep(2**attempt)
    return f"{city}: unknown"


def ask():
    while True:
        answer = input("City? ").strip()
        if answer:
            return answer
