import unittest
from unittest import mock

from inventory import Inventory, OutOfStock


class InventoryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.names = ["apple", "pear"]

    def setUp(self):
        self.inventory = Inventory()
        self.addCleanup(setattr, self, "inventory", None)

    def test_add(self):
        for name in self.names:
            with self.subTest(name=name):
                self.inventory.add(name, 2)
                self.assertGreaterEqual(len(self.inventory), 2)
        self.assertEqual(len(self.inventory), 4)

    def test_take_from_nothing(self):
        with self.assertRaisesRegex(OutOfStock, "pear"):
            self.inventory.take("pear")

    def test_orders(self):
        supplier = mock.Mock(spec=["order"])
        supplier.order.side_effect = [True, False]
        inventory = Inventory(supplier)
        self.assertEqual(inventory.take("apple"), 9)
        supplier.order.assert_called_once_with("apple")

    @unittest.skip("not yet")
    def test_later(self):
        self.fail("never")

    @unittest.expectedFailure
    def test_known_bug(self):
        self.assertEqual(len(self.inventory), 1)

    @unittest.skipIf(True, "a reason")
    def test_skipped_if(self):
        pass

    def test_skips_itself(self):
        self.skipTest("now")

    def test_collections(self):
        self.assertCountEqual([1, 2, 2], [2, 1, 2])
        self.assertDictEqual({"a": 1}, {"a": 1})
        self.assertAlmostEqual(0.1 + 0.2, 0.3)
        with self.assertLogs("inventory", level="INFO") as logs:
            import logging

            logging.getLogger("inventory").info("hello")
        self.assertEqual(logs.output, ["INFO:inventory:hello"])


class SupplierTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.supplier = mock.AsyncMock()
        self.supplier.order.return_value = True

    async def test_awaits(self):
        self.assertTrue(await self.supplier.order("x"))
        self.supplier.order.assert_awaited_once()


@mock.patch("inventory.Inventory.take", return_value=5)
def test_patched(take):
    assert Inventory().take("x") == 5
    take.assert_called_once()
