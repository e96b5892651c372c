# %% [markdown]
# ## Who took its images?
# %%
taken, before = np.zeros(10), np.zeros(10)
for r in range(params["n_repeats"]):
    others, own, train, test = halves(r)
    for counts, learned in ((taken, np.concatenate([others, own[: params["kept"]]])), (before, train)):
        said = read(learned, test)[labels[test] == digit]
        counts += np.bincount(said[said != digit], minlength=10)

# %%
shares = taken / max(taken.sum(), 1)
for other in range(10):
    if other != digit:
        print(f"called {other}: {100 * shares[other]:5.1f} of 100 misread {digit}s  {'█' * round(50 * shares[other])}")
print(f"misread in all repeats together: {before.sum():.0f} with nothing taken away, {taken.sum():.0f} now")

# %% [markdown]
# ## The same numbers?
# %%
assert np.allclose(shares, [server["absorbed"][str(other)] for other in range(10)], atol=1e-9)
print("The same numbers as on the server.")
