from .flat import Circle, Square
from .solid.cube import Cube
