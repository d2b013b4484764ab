"""Writes what Python's Jinja makes of the conversations, for each template beside this file.

Run it in this folder with a Python that has jinja2 3.1: `python3 expected.py`. The environment is set up as
the `transformers` library does it, which is where chat templates are written and tested. Dates stay as
`<date FORMAT>`, so that the result is the same on every day.
"""

import json
from pathlib import Path

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = Path(__file__).parent
BOS, EOS = "<s>", "</s>"


class Generation(Extension):
    """The tags around a reply that training uses: what is between them is written as it is."""

    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def refuse(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def environment():
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Generation, loopcontrols],
    )
    made.filters["tojson"] = to_json
    made.globals["raise_exception"] = refuse
    made.globals["strftime_now"] = lambda form: f"<date {form}>"
    return made


def rendered(template, conversation):
    return template.render(
        messages=[{"role": role, "content": content} for role, content in conversation],
        tools=None,
        documents=None,
        add_generation_prompt=True,
        bos_token=BOS,
        eos_token=EOS,
    )


def folded(conversation):
    """Without system messages and with turns that alternate, as the engine folds what is refused."""
    turns = []
    for role, content in conversation:
        role = "user" if role == "system" else role
        if turns and turns[-1][0] == role:
            turns[-1][1] += "\n\n" + content
        else:
            turns.append([role, content])
    return turns


def expected(template, conversation):
    """What the engine should make of it: the folded conversation where the template refuses the one that
    was written, or leaves out what somebody said."""
    try:
        text = rendered(template, conversation)
    except (jinja2.exceptions.TemplateError, TypeError):
        text = None
    if text is not None and all(content.strip() in text for _, content in conversation):
        return {"text": text}
    return {"text": rendered(template, folded(conversation)), "folded": True}


def main():
    conversations = json.loads((HERE / "conversations.json").read_text(encoding="utf-8"))
    made = environment()
    for source in sorted(HERE.glob("*/template.jinja")):
        template = made.from_string(source.read_bytes().decode("utf-8"))
        texts = {name: expected(template, turns) for name, turns in conversations.items()}
        written = json.dumps(texts, ensure_ascii=False, indent=1) + "\n"
        (source.parent / "expected.json").write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
