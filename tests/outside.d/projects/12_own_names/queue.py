import enum


class State(enum.Enum):
    WAITING = "waiting"
    DONE = "done"


class Queue(list):
    state = State.WAITING
