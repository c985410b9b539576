from abc import ABC, abstractmethod
from functools import total_ordering


@total_ordering
class Shape(ABC):
    @abstractmethod
    def size(self): ...

    def __eq__(self, other):
        return self.size() == other.size()

    def __lt__(self, other):
        return self.size() < other.size()

    def __hash__(self):
        return hash(self.size())
