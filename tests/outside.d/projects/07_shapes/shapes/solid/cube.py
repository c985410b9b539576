from ..base import Shape
from ..flat import Square


class Cube(Shape):
    def __init__(self, side):
        self.face = Square(side)

    def size(self):
        return self.face.side * self.face.size()
