"""All models, their cases and what each is held to."""
import barlow
import basin
import boundary
import contrast
import crossing
import deep
import descent
import eigenmode
import ending
import fates
import kernels
import lanes
import matrices
import metrics
import points
import population
import predictors
import spectrum
import times

ROOMS = (barlow, times, kernels, eigenmode, boundary, points, predictors, matrices,
         lanes, fates, basin, contrast, population, deep, ending, descent, crossing,
         metrics, spectrum)
GROUPS = [group for room in ROOMS for group in room.GROUPS]
