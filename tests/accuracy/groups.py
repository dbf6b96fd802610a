"""All models, their cases and what each is held to."""
import barlow
import boundary
import contrast
import deep
import eigenmode
import matrices
import predictors

GROUPS = [*barlow.GROUPS, *eigenmode.GROUPS, *boundary.GROUPS,
          *predictors.GROUPS, *matrices.GROUPS, *contrast.GROUPS, *deep.GROUPS]
