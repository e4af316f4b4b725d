"""Drawn mice: pictures of any pose track, simulated or real, filmed from above, below or the side.

What lives here: looks drawn from a seed (:mod:`~boutwise.synthetic.rendering.looks`), the way from
keypoints over a skeleton (:mod:`~boutwise.synthetic.rendering.skeleton`) and flesh
(:mod:`~boutwise.synthetic.rendering.anatomy`) to a shaded surface
(:mod:`~boutwise.synthetic.rendering.surfaces`), cages, and films with the true boxes
(:mod:`~boutwise.synthetic.rendering.films`), which :func:`write_film` writes as a camera would.
There is no mark at a keypoint: the body is one smooth
hull. What may be imported: ``types``, ``errors``, ``video`` to write files, and the parts of the
simulated mouse beside this folder. To change how anything is drawn, raise ``VERSION`` and freeze it
before a model is measured on it.
"""

from boutwise.synthetic.rendering.camera_files import write_film
from boutwise.synthetic.rendering.films import Film
from boutwise.synthetic.rendering.kinds import Family, Side
from boutwise.synthetic.rendering.looks import VERSION, Cage, Coat, draw_cage, draw_coat
from boutwise.synthetic.rendering.shots import Shot
from boutwise.synthetic.rendering.viewpoints import Viewpoint, look_from

__all__ = [
    "VERSION",
    "Cage",
    "Coat",
    "Family",
    "Film",
    "Shot",
    "Side",
    "Viewpoint",
    "draw_cage",
    "draw_coat",
    "look_from",
    "write_film",
]
