"""How aircraft fly: a few profiles, in feet, knots, feet per minute and nautical miles.

Ceilings, cruise speeds and ranges are the public figures of the type that each stands for. Climb
and descent are ours, rounded: a profile reaches its cruise level in the usual 20 to 30 minutes and
comes down on a slope of about 3 degrees.
"""

from dataclasses import dataclass

#: Up to here aircraft keep to 250 kt indicated (ICAO Annex 11, airspace classes C to G).
SLOW_BELOW_FT = 10_000.0
#: Where jets change from climbing at a speed to climbing at a Mach number, roughly.
HIGH_FT = 24_000.0


@dataclass(frozen=True)
class Performance:
    """A type.

    ``climb_fpm`` and ``descent_fpm`` hold below 10,000 ft, to 24,000 ft, and above. ``lift_off_kt``
    and ``approach_kt`` are speeds on the runway, ``slow_kt`` the true airspeed at 10,000 ft,
    ``cruise_kt`` that at ``cruise_ft``. ``range_nm`` is what it flies with a government's load.
    """

    type_code: str
    type_name: str
    lift_off_kt: float
    approach_kt: float
    slow_kt: float
    cruise_kt: float
    cruise_ft: tuple[float, float]
    climb_fpm: tuple[float, float, float]
    descent_fpm: tuple[float, float, float]
    range_nm: float

    def airspeed_kt(self, ft: float) -> float:
        """The true airspeed at an altitude, between take-off and cruise."""
        if ft <= SLOW_BELOW_FT:
            return self.approach_kt + (self.slow_kt - self.approach_kt) * max(0.0, ft) / 10_000
        share = min(1.0, (ft - SLOW_BELOW_FT) / (self.cruise_ft[0] - SLOW_BELOW_FT))
        return self.slow_kt + (self.cruise_kt - self.slow_kt) * share


#: Ilyushin Il-62M: cruise 820-900 km/h, ceiling 12,000 m, range 10,000 km (Wikipedia, Ilyushin
#: Il-62).
IL62 = Performance(
    type_code="IL62",
    type_name="Ilyushin Il-62M",
    lift_off_kt=155,
    approach_kt=145,
    slow_kt=290,
    cruise_kt=465,
    cruise_ft=(31_000, 37_000),
    climb_fpm=(2_200, 1_500, 800),
    descent_fpm=(1_300, 2_000, 1_800),
    range_nm=4_800,
)
#: Airbus A340-300: cruise Mach 0.82 (470 kt at 35,000 ft), range 7,300 nm (Wikipedia, A340).
A340 = Performance(
    type_code="A343",
    type_name="Airbus A340-300",
    lift_off_kt=150,
    approach_kt=138,
    slow_kt=290,
    cruise_kt=472,
    cruise_ft=(33_000, 39_000),
    climb_fpm=(1_800, 1_300, 700),
    descent_fpm=(1_300, 2_200, 1_800),
    range_nm=6_500,
)
#: Gulfstream G550: cruise Mach 0.80 (459 kt), ceiling 51,000 ft, range 6,750 nm (Wikipedia,
#: Gulfstream V).
G550 = Performance(
    type_code="GLF5",
    type_name="Gulfstream G550",
    lift_off_kt=130,
    approach_kt=118,
    slow_kt=300,
    cruise_kt=460,
    cruise_ft=(39_000, 45_000),
    climb_fpm=(3_300, 2_800, 1_500),
    descent_fpm=(1_500, 2_500, 2_000),
    range_nm=5_800,
)
#: Beechcraft King Air 350: cruise 312 kt, ceiling 35,000 ft, range 1,806 nm (Wikipedia, Beechcraft
#: Super King Air).
KING_AIR = Performance(
    type_code="B350",
    type_name="Beechcraft King Air 350",
    lift_off_kt=105,
    approach_kt=103,
    slow_kt=230,
    cruise_kt=300,
    cruise_ft=(24_000, 31_000),
    climb_fpm=(2_000, 1_500, 900),
    descent_fpm=(1_200, 1_600, 1_500),
    range_nm=1_400,
)
#: Ilyushin Il-76MD: cruise 750-780 km/h, ceiling 12,000 m, range 4,200 km with 50 t (Wikipedia,
#: Ilyushin Il-76).
IL76 = Performance(
    type_code="IL76",
    type_name="Ilyushin Il-76MD",
    lift_off_kt=130,
    approach_kt=125,
    slow_kt=280,
    cruise_kt=415,
    cruise_ft=(27_000, 33_000),
    climb_fpm=(1_700, 1_200, 700),
    descent_fpm=(1_300, 1_900, 1_700),
    range_nm=2_300,
)
#: Boeing 747-400: cruise 490 kt, range 7,300 nm (Wikipedia, Boeing 747-400).
B747 = Performance(
    type_code="B744",
    type_name="Boeing 747-400",
    lift_off_kt=165,
    approach_kt=150,
    slow_kt=300,
    cruise_kt=490,
    cruise_ft=(33_000, 39_000),
    climb_fpm=(2_000, 1_500, 900),
    descent_fpm=(1_300, 2_200, 1_900),
    range_nm=6_500,
)
#: Antonov An-148-100: cruise 800-870 km/h, ceiling 12,200 m (Wikipedia, Antonov An-148).
AN148 = Performance(
    type_code="A148",
    type_name="Antonov An-148",
    lift_off_kt=125,
    approach_kt=120,
    slow_kt=280,
    cruise_kt=440,
    cruise_ft=(31_000, 37_000),
    climb_fpm=(2_200, 1_600, 900),
    descent_fpm=(1_300, 2_000, 1_800),
    range_nm=1_900,
)

#: Of heads of state and ministers.
STATE_TYPES = (IL62, A340, G550, G550, KING_AIR)
FREIGHTERS = (IL76,)
