"""How each alert was seen to ring, beyond the made figures that each is tested with.

RANG: a real fault in a running stack, the pages that its services told meanwhile, and the committed rules over them.
TOLD: a real fault moved the number that the alert asks for, in a test of that service; the rule over it was seen with made figures.
What is in neither was seen with made figures alone.
"""

_RING = "tests/e2e/test_alerts_ring.py::test_alerts_of_"
_GAUGES = "libs/chassis/tests/component/test_gauges.py::test_"

RANG = {
    "ServiceDown": f"{_RING}a_service_that_is_down",
    "ServiceNotReady": f"{_RING}a_broker_that_is_away",
    "DeliveriesHeld": f"{_RING}a_database_that_is_away",
    "StrangerOnATopic": f"{_RING}a_record_whose_sender_is_nobody_known",
    "OutboxOld": f"{_RING}a_broker_that_is_away",
    "RelayRestarts": f"{_RING}a_database_that_is_away",
    "Lag": f"{_RING}a_database_that_is_away",
    "AccessStale": f"{_RING}a_broker_that_is_away",
    "DoorFull": f"{_RING}a_broker_that_is_away",
    "JobFails": f"{_RING}a_database_that_is_away",
}
TOLD = {
    "SequenceGap": f"{_GAUGES}partitions_before_a_gap_are_counted_by_topic",
    "PoolExhausted": f"{_GAUGES}connections_at_work_and_who_waits_for_one_are_told",
    "EventLoopBusy": f"{_GAUGES}an_event_loop_that_is_kept_busy_is_late",
    "AccessViolation": "libs/chassis/tests/component/test_row_policies.py"
    "::test_a_refusal_at_a_door_is_a_bug_that_is_counted_and_no_outage",
    "LeadsNowhere": "services/leads/tests/component/test_conservation.py::test_a_lead_that_is_nowhere_is_seen_and_found_again",
    "LeadsForgotten": "services/leads/tests/component/test_conservation.py::test_a_lead_without_a_time_is_seen",
    "LeadsAsleep": "services/territory/tests/component/test_queues.py"
    "::test_leads_of_a_team_that_nothing_will_look_at_again_are_counted",
}


def by(alert: str) -> str:
    """In a cell of a table: how it was seen."""
    if alert in RANG:
        return f"rang by its fault: `{RANG[alert].rpartition('::')[2]}`"
    if alert in TOLD:
        return f"number moved by its fault: `{TOLD[alert].rpartition('::')[2]}`"
    return "made figures alone"
