"""A market file is read and takes effect: all of it, at once, under a new version."""

from collections.abc import Iterator
from datetime import datetime
from threading import RLock
from typing import Any

from chassis import Transaction
from contracts.event import Event
from contracts.territory.structure import (
    MarketActivated,
    MemberOfTeam,
    PipelinePublished,
    SegmentDefined,
    StageOfPipeline,
    TeamDefined,
)
from territory.domain.file_grammar import FAULTS_AT_MOST
from territory.domain.market import MarketRefused, MarketVersion, Stage, fingerprint
from territory.domain.market_file import read_market
from territory.domain.possible import impossible
from territory.domain.refusal import Outdated
from territory.store import market as store
from territory.store import rotation
from territory.use_cases.member import take_in_market

INDEX_BYTES_AT_MOST = 64 * 2**20
ONE_FILE_AT_A_TIME = RLock()
"""Held while a file is read: one of 4 MiB takes a while, and its index takes memory."""


def checked(document: Any) -> MarketVersion:
    """The market of this file, which can be put in force as it is, compiled; for a thread beside the event loop. Raises MarketRefused
    with its faults, and TooLarge."""
    with ONE_FILE_AT_A_TIME:
        market = MarketVersion.of(0, read_market(document))
        if faults := impossible(document):
            raise MarketRefused(faults[:FAULTS_AT_MOST])
        market.ruleset.compile(INDEX_BYTES_AT_MOST)
        return market


async def activate_market(
    document: Any, market: MarketVersion, tx: Transaction, made_from: int | None = None, draft: int | None = None
) -> MarketVersion:
    """The market of this file is in force from here on, and of which ``draft`` it is goes on record. The file that is in force already
    changes nothing. Raises Outdated where the file was made from another version than is in force."""
    before = await store.version_to_replace(tx)
    if made_from is not None and made_from != before:
        raise Outdated(before)
    new = fingerprint(document)
    if new == await store.fingerprint_of(tx, before):
        return market.numbered(before)
    active = market.numbered(before + 1)
    await rotation.begin_rotations(tx, active.market.teams)
    await store.save_and_activate(tx, active.version, document, new, draft)
    await take_in_market(active, tx)
    for event in to_events(active, tx.now):
        tx.emit(event)
    return active


def to_events(active: MarketVersion, at: datetime) -> Iterator[Event]:
    """The structure as it stands now, thing by thing, and then that it took effect."""
    version, market = active.version, active.market
    for segment in market.segments:
        yield SegmentDefined(id=segment.id, name=segment.name, version=version, defined_at=at)
    for team in market.teams.values():
        yield TeamDefined(
            id=team.id,
            name=team.name,
            country=team.country,
            pipeline=team.pipeline,
            members=tuple(MemberOfTeam(person=m.id, weight=m.weight, available=m.available) for m in team.members),
            version=version,
            defined_at=at,
        )
    for pipeline in market.pipelines:
        yield PipelinePublished(
            id=f"pipeline:{pipeline.id}",
            pipeline=pipeline.id,
            name=pipeline.name,
            stages=tuple(_stage(stage) for stage in pipeline.stages),
            version=version,
            published_at=at,
        )
    yield MarketActivated(
        version=version,
        rules=len(market.rules),
        segments=len(market.segments),
        teams=len(market.teams),
        activated_at=at,
    )


def _stage(stage: Stage) -> StageOfPipeline:
    return StageOfPipeline(
        name=stage.name,
        kind="won" if stage.won else "open",
        answered=stage.answered,
        documents=stage.documents,
        fields=stage.fields,
        target_days=stage.target_days,
        likelihood=stage.likelihood,
    )
