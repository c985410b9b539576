import asyncio

import pytest

import pipeline


def test_order_is_kept():
    async def double(item):
        await asyncio.sleep(0.001)
        return 2 * item

    assert asyncio.run(pipeline.run(range(5), double)) == [0, 2, 4, 6, 8]


def test_retry():
    async def action(attempt):
        if attempt < 3:
            raise ConnectionError
        return attempt

    assert asyncio.run(pipeline.retry(action, 3)) == 3
    with pytest.raises(ConnectionError):
        asyncio.run(pipeline.retry(action, 2))


def test_timeout():
    async def slow():
        await asyncio.wait_for(asyncio.sleep(60), timeout=0.01)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(slow())


def test_cancelled():
    seen = []

    async def main():
        async def work():
            try:
                await asyncio.sleep(60)
            finally:
                seen.append("tidied")

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["tidied"]


def test_limited():
    async def main():
        most = now = 0
        async with pipeline.limited(2) as semaphore:

            async def work():
                nonlocal most, now
                async with semaphore:
                    now += 1
                    most = max(most, now)
                    await asyncio.sleep(0.001)
                    now -= 1

            await asyncio.gather(*(work() for _ in range(6)))
        return most

    assert asyncio.run(main()) == 2


def test_generator():
    async def main():
        return [number async for number in pipeline.numbers(3)]

    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(main()) == [0, 1, 2]
    finally:
        loop.close()


async def test_without_a_plugin():
    assert True
