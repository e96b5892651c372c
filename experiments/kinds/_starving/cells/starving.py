# %% [markdown]
# ## Digits, split in two, and one of them starved
# Each repeat `r` splits the images in its own way. From the training half it keeps only a few of the starved digit.
# %%
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

pixels, labels = load_digits(return_X_y=True)
pixels = pixels / 16
digit = params["digit"]


def halves(r):
    state = 1000 * seed + r
    train, test = train_test_split(np.arange(len(labels)), test_size=0.5, stratify=labels, random_state=state)
    own = np.random.default_rng(state).permutation(train[labels[train] == digit])
    return train[labels[train] != digit], own, train, test


def model():
    if params["model"] == "svc":
        return SVC(C=10)
    if params["model"] == "logistic":
        return LogisticRegression(max_iter=2000)
    return KNeighborsClassifier(n_neighbors=3)


def read(learned, test, weight=None):
    how = {} if weight is None else {"sample_weight": np.where(labels[learned] == digit, weight, 1.0)}
    return model().fit(pixels[learned], labels[learned], **how).predict(pixels[test])


def recall(said, test, which):
    return np.mean(said[labels[test] == which] == which)
