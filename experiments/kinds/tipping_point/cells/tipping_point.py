# %% [markdown]
# ## How many examples does it need?
# %%
recalls = np.empty((params["n_repeats"], len(params["kept"])))
for r in range(params["n_repeats"]):
    others, own, train, test = halves(r)
    for i, n in enumerate(params["kept"]):
        recalls[r, i] = recall(read(np.concatenate([others, own[:n]]), test), test, digit)

# %%
for i, n in enumerate(params["kept"]):
    print(
        f"{n:3d} kept: recall for {digit} {100 * recalls[:, i].mean():5.1f} of 100 ± {100 * recalls[:, i].std():4.1f}"
    )

# %% [markdown]
# ## The same numbers?
# %%
assert np.allclose(recalls.mean(axis=0), server["recall"]["mean"], atol=1e-9)
assert np.allclose(recalls.std(axis=0), server["recall"]["sd"], atol=1e-9)
print("The same numbers as on the server.")
