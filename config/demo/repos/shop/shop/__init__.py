"""A small shop: a cart, prices in cents."""
