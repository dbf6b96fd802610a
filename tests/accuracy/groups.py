"""All models, their cases and what each is held to."""
import barlow
import contrast
import matrices
import modes

GROUPS = [*barlow.GROUPS, *modes.GROUPS, *matrices.GROUPS,
          *contrast.GROUPS]
