"""Reports on evaluations: what was compared, how it was scored, what is noise, and all that it takes to repeat it.

`subjects` reads what is compared, `findings` computes, `sections` puts the findings into the form of `document`, which
`markdown` and `html` write; `plots` draws what `html` shows.
"""
