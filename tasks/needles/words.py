"""The words of which the texts are made: common and short, so that tokenizers of all kinds have each as one token."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PEOPLE = _words("""
Anna Ben Clara David Emma Frank Grace Henry Iris Jack Kate Leo Maria Nora Oliver Paul Rosa Sam Tom Victor
""")
TRADES = _words("""
farmer doctor teacher driver writer singer painter soldier sailor baker hunter guard judge lawyer nurse pilot priest
student tailor trader worker builder cook miner clerk dancer editor engineer keeper butcher
""")
PLACES = _words("""
house school church market garden bridge station library museum castle harbor forest village tower mill hotel theater
hospital factory temple field cabin palace prison shop office kitchen cellar barn valley
""")
THINGS = _words("""
book table chair window door lamp box cup bottle basket blanket candle clock coat hat key ladder letter map mirror
knife picture plate pot rope shoe stone wheel wagon boat bell brush button chain coin drum flag glass hammer horn
ring saddle sword tent tool toy umbrella wire bag ball bed bread cake card carpet cheese
""")
ADJECTIVES = _words("""
old new small large heavy light dark bright quiet loud warm cool soft hard clean dirty empty full open broken round
flat long short wide narrow deep high low young strong weak rich poor happy sad kind wild plain red green blue white
black brown pink grey golden silver wooden iron dry wet fresh sweet thin thick rare common strange simple
""")
VERBS = _words("""
found carried bought sold painted moved cleaned dropped opened closed kept lost watched touched followed described
forgot remembered repaired counted covered lifted pulled pushed hid left placed showed threw wanted
""")
TIMES = _words("morning evening night winter summer spring autumn dinner noon dawn")
TOPICS = _words("""
rivers mountains bread rain horses trees music winter bridges stars birds gardens letters ships snow clocks roads fire
books wine shoes dreams cats dogs bees stones clouds windows games trains salt silk gold glass paper coffee tea wolves
fish apples candles maps doors songs islands deserts farms storms ice moonlight
""")
"""What is written about in the conversations."""

NAMED = (*THINGS, *PLACES, *TRADES)
"""The second words of what a list names, as in `old lamp`; none begins with another, or it would be read there."""

NAMING = (*ADJECTIVES, *THINGS)
"""The first words of it; none ends with another."""

ALL = (PEOPLE, TRADES, PLACES, THINGS, ADJECTIVES, VERBS, TIMES, TOPICS)
