import math

from .base import Shape


class Circle(Shape):
    def __init__(self, radius):
        self.radius = radius

    def size(self):
        return math.pi * self.radius**2


class Square(Shape):
    def __init__(self, side):
        self.side = side

    def size(self):
        return self.side**2
