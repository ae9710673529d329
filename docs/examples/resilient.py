"""A flow that falls back to another task when the first one fails. Run it with `python resilient.py`."""

from jupyter_flows import Failed, flow, task


@task
def price_from_exchange(day):
    """Raising `Failed` ends a task with a reason in words; any other exception would fail it as well."""
    if day == "sunday":
        raise Failed("the exchange is closed")
    return 42


@task
def price_of_yesterday():
    """The fallback."""
    return 40


@flow
def price(day):
    """With `return_state=True` a call returns how the task ended instead of raising."""
    state = price_from_exchange(day, return_state=True)
    print(f"{day}: {state.name} {state.message}".strip())
    return price_of_yesterday() if state.is_failed() else state.result()


print(price("monday"))  # 42
print(price("sunday"))  # 40

# The flow itself completed both times: it dealt with the failure. Its own state says so.
print(price("sunday", return_state=True).name)  # Completed

# Nobody deals with this one, so that the call outside any flow fails, and says why.
print(price_from_exchange("sunday", return_state=True))  # Failed('the exchange is closed')
