"""Extract, transform, load: three tasks and the flow that puts them in order. Run it with `python etl.py`."""

from jupyter_flows import flow, task


@task(retries=2, retry_delay_seconds=1)  # a source that fails now and then is asked again
def extract():
    """Return what the source gives: readings, some of them missing."""
    return [3, None, 5, None, 8]


@task
def clean(rows):
    """Leave the missing ones out."""
    return [row for row in rows if row is not None]


@task
def transform(row):
    """Work on one reading."""
    return row * 10


@task
def load(rows, target):
    """Put the rows where they belong, and say how many there were."""
    target.extend(rows)
    return len(rows)


@flow(name="nightly-etl")
def etl(target):
    """Each call of a task waits for its value; `map` runs one task for each element, side by side."""
    rows = clean(extract())
    return load(transform.map(rows), target)


warehouse = []
count = etl(warehouse)
print(count, "rows loaded")  # 3 rows loaded
print(warehouse)  # [30, 50, 80]
