"""The cart. Amounts are whole cents; nothing here knows a currency."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
    name: str
    cents: int
    count: int


@dataclass
class Cart:
    lines: list[Line] = field(default_factory=list)

    def add(self, name: str, cents: int, count: int = 1) -> None:
        if cents < 0 or count < 1:
            raise ValueError(f"cannot add {count} x {name} at {cents}")
        self.lines.append(Line(name, cents, count))

    def items(self) -> int:
        return sum(line.count for line in self.lines)

    def total(self) -> int:
        return sum(line.cents * line.count for line in self.lines)
