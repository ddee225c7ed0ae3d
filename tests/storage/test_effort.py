"""What is asked for every message sent does not grow with the number of accounts."""

from bot.model.group import Person
from storage.unit_of_work import UnitOfWork
from tests.storage.moments import NOW


def steps(records: UnitOfWork, person: int) -> int:
    """Return how many hundreds of the store's own steps it takes to find somebody's account."""
    counted: list[int] = []
    records.connection.set_progress_handler(lambda: counted.append(1), 100)
    assert records.people.account_of(person, "qq") == str(person)
    records.connection.set_progress_handler(None, 0)
    return len(counted)


def test_an_account_is_found_without_walking_through_all(records):
    for number in range(1, 1_001):
        records.people.enrol(Person(id=number, name="赵一"), "qq", str(number), NOW)

    assert steps(records, 7) < 5
