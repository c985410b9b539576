import asyncio
from contextlib import asynccontextmanager


async def produce(queue, items):
    for item in items:
        await queue.put(item)
        await asyncio.sleep(0)
    await queue.put(None)


async def consume(queue, work):
    results = []
    while (item := await queue.get()) is not None:
        results.append(await work(item))
    return results


async def run(items, work, size=2):
    queue = asyncio.Queue(maxsize=size)
    _, results = await asyncio.gather(produce(queue, items), consume(queue, work))
    return results


async def retry(action, times, pause=0.001):
    for attempt in range(1, times + 1):
        try:
            return await action(attempt)
        except ConnectionError:
            if attempt == times:
                raise
            await asyncio.sleep(pause)


@asynccontextmanager
async def limited(limit):
    semaphore = asyncio.Semaphore(limit)
    yield semaphore


async def numbers(count):
    for number in range(count):
        await asyncio.sleep(0)
        yield number
