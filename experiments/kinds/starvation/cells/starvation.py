# %% [markdown]
# ## Train, then look at each digit by itself
# %%
n_kept = params["kept"] + (params["restored"] if params["fix"] == "restore" else 0)
accuracy, recalls = [], []
for r in range(params["n_repeats"]):
    others, own, train, test = halves(r)
    weight = len(own) / params["kept"] if params["fix"] == "reweight" else None
    said = read(np.concatenate([others, own[:n_kept]]), test, weight)
    accuracy.append(np.mean(said == labels[test]))
    recalls.append([recall(said, test, which) for which in range(10)])
recalls = np.array(recalls)

# %%
print(f"accuracy {100 * np.mean(accuracy):.1f} % ± {100 * np.std(accuracy):.1f}")
for which in range(10):
    mean, sd = 100 * recalls[:, which].mean(), 100 * recalls[:, which].std()
    print(f"recall for {which}: {mean:5.1f} of 100 ± {sd:4.1f}  {'█' * round(mean / 4)}")
print(f"the first model: accuracy {100 * accuracy[0]:.1f} %, recall for {digit} {100 * recalls[0, digit]:.0f} of 100")

# %% [markdown]
# ## The same numbers?
# %%
assert np.allclose(accuracy, server["accuracy"]["values"], atol=1e-9)
assert np.allclose(recalls[:, digit], server["recall"][str(digit)]["values"], atol=1e-9)
print("The same numbers as on the server.")
