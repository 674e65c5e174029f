"""The real fault by which each alert was seen to ring, beyond the made figures that each is tested with: a fault in a running stack, the
pages that its services told meanwhile, and the committed rules over them. `make alarms` plays all of them."""

_BY = "tests/e2e/alarms.py::test_alerts_of_"

RANG = {
    "ServiceDown": "tests/e2e/test_alerts_ring.py::test_alerts_of_a_service_that_is_down_and_of_a_record_that_nobody_can_read",
    "ServiceNotReady": f"{_BY}a_broker_that_is_away",
    "DeliveriesHeld": f"{_BY}a_database_that_is_away",
    "EventsParked": f"{_BY}a_record_that_nobody_can_read",
    "ParkedForADay": f"{_BY}a_record_that_nobody_can_read",
    "StrangerOnATopic": f"{_BY}a_record_whose_sender_is_nobody_known",
    "SequenceGap": f"{_BY}events_that_are_lost",
    "OutboxOld": f"{_BY}a_broker_that_is_away",
    "RelayRestarts": f"{_BY}a_database_that_is_away",
    "Lag": f"{_BY}a_database_that_is_away",
    "AccessStale": f"{_BY}a_broker_that_is_away",
    "AccessUnreadable": f"{_BY}what_nobody_can_read_of_who_may_see_what",
    "AccessLate": f"{_BY}a_change_of_access_that_acts_late",
    "AccessViolation": f"{_BY}a_door_whose_role_lost_a_right",
    "DoorFull": f"{_BY}a_broker_that_is_away",
    "JobFails": f"{_BY}a_database_that_is_away",
    "JobRowsFail": f"{_BY}a_row_that_fails_again_and_again",
    "PoolExhausted": f"{_BY}a_table_that_somebody_holds",
    "EventLoopBusy": f"{_BY}a_process_that_gets_no_turns",
    "StreamsStalled": f"{_BY}screens_that_are_not_read",
    "LeadsUnaccounted": f"{_BY}an_accepted_lead_that_is_lost",
    "LeadsNowhere": f"{_BY}a_lead_that_is_in_no_place",
    "LeadsForgotten": f"{_BY}a_lead_that_nobody_is_due_to_take",
    "LeadsAsleep": f"{_BY}a_team_that_nothing_will_look_at_again",
    "InvariantBroken": f"{_BY}an_accepted_lead_that_is_lost",
    "NotVerified": f"{_BY}an_installation_that_nobody_verified_for_a_day",
    "DoorBurnsFast": f"{_BY}a_broker_that_is_away",
    "DoorBurnsSlow": f"{_BY}a_broker_that_is_away",
    "AssignedBurnsFast": f"{_BY}decisions_that_come_late",
    "AssignedBurnsSlow": f"{_BY}decisions_that_come_late",
    "ScreenBurnsFast": f"{_BY}screens_that_come_late",
    "ScreenBurnsSlow": f"{_BY}screens_that_come_late",
}


def by(alert: str) -> str:
    """In a cell of a table: the fault by which it rang."""
    return RANG[alert].rpartition("::test_alerts_of_")[2].replace("_", " ") if alert in RANG else "made figures alone"
