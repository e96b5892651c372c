# %% [markdown]
# ## Toss the coin
# %%
import numpy as np

heads = np.mean(np.random.default_rng(seed).random(params["n_tosses"]) < params["bias"])
assert heads == server["heads"]
print(f"{heads:.2f} heads: the same numbers as on the server.")
