# %% [markdown]
# ## The law, and dots around it
# The server draws dots around a hidden law. Draw number `i` of a seed is always the same draw.
# %%
import numpy as np
from numpy.polynomial import legendre


def law(x):
    return 0.8 * np.sin(4 * x + 0.7) + 0.4 * x


def draw(i):
    rng = np.random.default_rng([seed, i])
    x = rng.uniform(-1, 1, params["n_train"])
    y = law(x) + params["noise"] * rng.normal(size=params["n_train"])
    new_x = rng.uniform(-1, 1, 200)
    new_y = law(new_x) + params["noise"] * rng.normal(size=200)
    return x, y, new_x, new_y


# %% [markdown]
# ## A line of every power
# Least squares, in Legendre's polynomials instead of 1, x, x², …: the same lines, and far fewer rounding errors.
# %%
powers = params["complexities"]
train = np.empty((params["n_repeats"], len(powers)))
test = np.empty_like(train)
for i in range(params["n_repeats"]):
    x, y, new_x, new_y = draw(i)
    for j, power in enumerate(powers):
        weights = np.linalg.lstsq(legendre.legvander(x, power), y, rcond=None)[0]
        train[i, j] = np.mean((y - legendre.legval(x, weights)) ** 2)
        test[i, j] = np.mean((new_y - legendre.legval(new_x, weights)) ** 2)

# %%
found = {"train": np.median(train, axis=0), "test": np.median(test, axis=0)}
print("power  own points  new points")
for j, power in enumerate(powers):
    print(f"{power:5d}  {found['train'][j]:10.4f}  {found['test'][j]:10.4f}")
print("lowest on new points at", powers[int(np.argmin(found["test"]))])

# %% [markdown]
# ## The same numbers?
# Powers that hardly fit the dots lose a few digits, whichever way they are worked out.
# %%
assert np.allclose(found["train"], server["train"]["median"], rtol=1e-7, atol=1e-9)
assert np.allclose(found["test"], server["test"]["median"], rtol=1e-7, atol=1e-9)
print("The same numbers as on the server.")
# %%
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("Install matplotlib to see the curve drawn here.")
else:
    plt.plot(powers, found["train"], label="own points (train)")
    plt.plot(powers, found["test"], "--", label="new points (test)")
    plt.ylim(0, 4 * found["test"].min() + 0.3)
    plt.xlabel("power (degree)")
    plt.ylabel("median error")
    plt.legend()
    plt.show()
