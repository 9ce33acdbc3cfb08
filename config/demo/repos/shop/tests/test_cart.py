import pytest

from shop.cart import Cart


def test_an_empty_cart_costs_nothing():
    assert Cart().total() == 0


def test_a_line_counts_as_often_as_it_is_bought():
    cart = Cart()
    cart.add("tea", 350, 2)
    cart.add("cup", 900)
    assert cart.total() == 1600


def test_a_negative_price_is_refused():
    with pytest.raises(ValueError):
        Cart().add("tea", -1)
