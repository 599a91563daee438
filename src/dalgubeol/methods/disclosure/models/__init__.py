"""Models that leave the zone: described, fitted anew, attacked."""
