# %% [markdown]
# ## A hidden rule, and dots around it
# The server draws dots around a hidden rule. Draw `i` of a seed is always the same.
# %%
import numpy as np
from numpy.polynomial import legendre


def hidden_rule(x):
    return 0.8 * np.sin(4 * x + 0.7) + 0.4 * x


def draw(i):
    rng = np.random.default_rng([seed, i])
    x = rng.uniform(-1, 1, params["n_train"])
    y = hidden_rule(x) + params["noise"] * rng.normal(size=params["n_train"])
    new_x = rng.uniform(-1, 1, 200)
    new_y = hidden_rule(new_x) + params["noise"] * rng.normal(size=200)
    return x, y, new_x, new_y


# %% [markdown]
# ## A curve of each degree
# Each curve is fitted by least squares. It is written in Legendre polynomials instead of 1, x, x², …: the same curve,
# with far smaller rounding errors.
# %%
degrees = params["complexities"]
train = np.empty((params["n_repeats"], len(degrees)))
test = np.empty_like(train)
for i in range(params["n_repeats"]):
    x, y, new_x, new_y = draw(i)
    for j, degree in enumerate(degrees):
        weights = np.linalg.lstsq(legendre.legvander(x, degree), y, rcond=None)[0]
        train[i, j] = np.mean((y - legendre.legval(x, weights)) ** 2)
        test[i, j] = np.mean((new_y - legendre.legval(new_x, weights)) ** 2)

# %%
found = {"train": np.median(train, axis=0), "test": np.median(test, axis=0)}
print("degree  own dots  new dots")
for j, degree in enumerate(degrees):
    print(f"{degree:6d}  {found['train'][j]:8.4f}  {found['test'][j]:8.4f}")
print("lowest on new dots at degree", degrees[int(np.argmin(found["test"]))])

# %% [markdown]
# ## The same numbers?
# A high degree on few dots loses some digits, however you compute it. The comparison allows for that.
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
    plt.plot(degrees, found["train"], label="own dots (train)")
    plt.plot(degrees, found["test"], "--", label="new dots (test)")
    plt.ylim(0, 4 * found["test"].min() + 0.3)
    plt.xlabel("degree")
    plt.ylabel("median error")
    plt.legend()
    plt.show()
