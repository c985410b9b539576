class OutOfStock(Exception):
    pass


class Inventory:
    def __init__(self, supplier=None):
        self._items = {}
        self._supplier = supplier

    def add(self, name, count=1):
        self._items[name] = self._items.get(name, 0) + count

    def take(self, name):
        if self._items.get(name, 0) == 0:
            if self._supplier is None or not self._supplier.order(name):
                raise OutOfStock(name)
            self.add(name, 10)
        self._items[name] -= 1
        return self._items[name]

    def __len__(self):
        return sum(self._items.values())
