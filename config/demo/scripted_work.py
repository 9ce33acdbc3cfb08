# SPDX-License-Identifier: Apache-2.0
"""What the scripted agent knows how to build: for each request of the demo, the edits of each round.

An edit puts `text` where `old` stands; without `old` the text goes to the end of the file, which is made if it
is missing. A second round is tried only when the feedback names the test in `knows`.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    path: str
    text: str
    old: str = ""


@dataclass(frozen=True)
class Round:
    message: str
    edits: tuple[Edit, ...]
    knows: str = ""


DISCOUNT = (
    Round("Take 10 % off from ten items on", (
        Edit("shop/cart.py", '''\
    def total(self) -> int:
        """The sum, with 10 % off from ten items on; half a cent is the customer's."""
        full = sum(line.cents * line.count for line in self.lines)
        return full - (full + 9) // 10 if self.items() >= 10 else full
''', old='''\
    def total(self) -> int:
        return sum(line.cents * line.count for line in self.lines)
'''),
        Edit("tests/test_cart.py", '''

def test_nine_items_cost_the_full_price():
    cart = Cart()
    cart.add("tea", 350, 9)
    assert cart.total() == 3150


def test_ten_items_are_ten_percent_cheaper():
    cart = Cart()
    cart.add("tea", 350, 10)
    assert cart.total() == 3150
'''),
        Edit("CHANGELOG.md", "- A cart of ten items or more is 10 % cheaper.\n"),
    )),
)

# The first try is wrong on purpose, in the way this code is usually wrong: 1205 cents become "12.5".
DECIMALS = (
    Round("Print amounts with two decimals", (
        Edit("src/ledger.c", '  printf("%ld.%ld", cents / 100, cents % 100);\n', old='  printf("%ld", cents);\n'),
        Edit("tests/cases.txt", '''\
# name | input | expected
an_empty_book_prints_nothing||
entries_of_an_account_add_up|cash 1200 cash 34|cash 12.34
accounts_are_kept_apart|cash 1210 rent 990|cash 12.10 rent 9.90
cents_below_ten_keep_their_zero|cash 1205|cash 12.05
''', old='''\
# name | input | expected
an_empty_book_prints_nothing||
entries_of_an_account_add_up|cash 1200 cash 34|cash 1234
accounts_are_kept_apart|cash 1200 rent -900|cash 1200 rent -900
'''),
        Edit("CHANGELOG.md", "- Amounts are printed with two decimals.\n"),
    )),
    Round("Keep the zero of cents below ten", (
        Edit("src/ledger.c", '''\
  const long whole = cents < 0 ? -cents : cents;
  printf("%s%ld.%02ld", cents < 0 ? "-" : "", whole / 100, whole % 100);
''', old='  printf("%ld.%ld", cents / 100, cents % 100);\n'),
        Edit("tests/cases.txt", "a_debt_keeps_its_sign|rent -5|rent -0.05\n"),
    ), knows="cents_below_ten_keep_their_zero"),
)

SENDER = (
    Round("Name the sender on the label", (
        Edit("courier.sh", '''\
# courier.sh RECIPIENT [SENDER]: prints the label of a parcel.
set -eu
recipient=${1:?recipient}
printf 'To: %s\\n' "$recipient"
[ -z "${2-}" ] || printf 'From: %s\\n' "$2"
''', old='''\
# courier.sh RECIPIENT: prints the label of a parcel.
set -eu
recipient=${1:?recipient}
printf 'To: %s\\n' "$recipient"
'''),
        Edit("tests/cases.txt", "a_label_names_the_sender|Ada Bob|To: Ada From: Bob\n"),
        Edit("CHANGELOG.md", "- A label can name the sender.\n"),
    )),
)

# A request that no script is for still ends in a real commit.
ANYTHING = (Round("Note the request", (Edit("CHANGELOG.md", "- Noted, and left to a real agent.\n"),)),)

# The title of a request → the rounds it takes.
WORK = {
    "Ten items cost ten percent less": DISCOUNT,
    "Print balances with two decimals": DECIMALS,
    "Name the sender on the label": SENDER,
}


def find_work(prompt: str) -> tuple[str, tuple[Round, ...]]:
    """The request that the prompt is about, and its rounds."""
    return next(((title, rounds) for title, rounds in WORK.items() if title in prompt), ("", ANYTHING))
