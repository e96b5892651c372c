# %% [markdown]
# ## Digits, some with a wrong label
# %%
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

pixels, labels = load_digits(return_X_y=True)
pixels = pixels / 16


def reader(capacity, i):
    if params["model"] == "tree":
        return DecisionTreeClassifier(max_depth=capacity, random_state=i)
    return KNeighborsClassifier(n_neighbors=capacity)


# %%
capacities = params["complexities"]
train = np.empty((params["n_repeats"], len(capacities)))
test = np.empty_like(train)
for i in range(params["n_repeats"]):
    rng = np.random.default_rng([seed, i])
    order = rng.permutation(len(labels))
    learned, met = order[: params["n_train"]], order[params["n_train"] :]
    told = labels[learned].copy()
    wrong = rng.random(len(learned)) < params["noise"]
    told[wrong] = rng.integers(0, 10, wrong.sum())
    for j, capacity in enumerate(capacities):
        model = reader(capacity, i).fit(pixels[learned], told)
        train[i, j] = np.mean(model.predict(pixels[learned]) != told)
        test[i, j] = np.mean(model.predict(pixels[met]) != labels[met])

# %%
found = {"train": np.median(train, axis=0), "test": np.median(test, axis=0)}
name = "depth" if params["model"] == "tree" else "neighbours"
print(f"{name:>10}  wrong on own  wrong on new")
for j, capacity in enumerate(capacities):
    print(f"{capacity:10d}  {found['train'][j]:12.3f}  {found['test'][j]:12.3f}")

# %% [markdown]
# ## The same numbers?
# %%
assert np.allclose(found["train"], server["train"]["median"], atol=1e-9)
assert np.allclose(found["test"], server["test"]["median"], atol=1e-9)
print("The same numbers as on the server.")
