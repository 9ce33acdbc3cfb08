"""python3 -m shop < basket.csv: reads `name,cents,count` lines and prints the total in cents."""
import csv
import sys

from shop.cart import Cart


def main() -> None:
    cart = Cart()
    for name, cents, count in csv.reader(sys.stdin):
        cart.add(name, int(cents), int(count))
    print(cart.total())


if __name__ == "__main__":
    main()
