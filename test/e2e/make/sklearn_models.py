"""Models of scikit-learn as people dump them: skops archives, packed joblib files, pipelines of text and columns."""

import os
import sys
import warnings

import joblib
import numpy as np
import pandas as pd
import skops.io
from sklearn.cluster import MiniBatchKMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, StackingClassifier
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Perceptron, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

warnings.simplefilter("ignore")
folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
X, y = load_iris(return_X_y=True)
texts = ["good food and service", "terrible service", "great place, loved it", "awful food", "bad bad place", "friendly staff"] * 5
liked = [1, 0, 1, 0, 0, 1] * 5
numbers = np.arange(30)
table = pd.DataFrame({"age": 18.0 + numbers, "city": ["A", "B", "C"] * 10, "text": texts, "n": numbers % 4, "income": 1e3 * numbers})
table.loc[3, "age"] = np.nan

columns = ColumnTransformer([
    ("num", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income"]),
    ("cat", OneHotEncoder(handle_unknown="ignore"), ["city"]),
    ("txt", TfidfVectorizer(), "text"),
    ("rest", "passthrough", ["n"]),
])  # fmt: skip
ordinal = ColumnTransformer([
    ("num", SimpleImputer(strategy="median"), ["age", "income"]),
    ("ord", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["city", "n"]),
])  # fmt: skip
forest = RandomForestClassifier(5, random_state=0)
models = {
    "columns": make_pipeline(columns, LogisticRegression()).fit(table, liked),
    "ordinal": make_pipeline(ordinal, forest).fit(table, liked),
    "text-svc": make_pipeline(TfidfVectorizer(ngram_range=(1, 2), stop_words="english"), LinearSVC()).fit(texts, liked),
    "grid": GridSearchCV(make_pipeline(StandardScaler(), SVC()), {"svc__C": [1, 2]}).fit(X, y),
    "two-classes": make_pipeline(StandardScaler(), SVC()).fit(X, y == 1),
    "perceptron": make_pipeline(StandardScaler(), Perceptron()).fit(X, y == 2),
    "select": make_pipeline(SelectKBest(k=2), LogisticRegression()).fit(X, y),
    "clusters": MiniBatchKMeans(3, random_state=0).fit(X),
    "stack": StackingClassifier([("forest", forest), ("line", LogisticRegression())]).fit(X, y),
    "boosted": HistGradientBoostingClassifier(max_iter=5).fit(X, y),
    "near": KNeighborsClassifier().fit(X, y),
    "hashing": make_pipeline(HashingVectorizer(n_features=64), LogisticRegression()).fit(texts, liked),
    "target": TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1).fit(X, y),
    "letters": make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(2, 3)), LogisticRegression()).fit(texts, liked),
}
for name, model in models.items():
    joblib.dump(model, os.path.join(folder, f"{name}.joblib"), compress=("zlib", 3) if name == "stack" else 0)
for name in ("columns", "ordinal", "stack", "boosted", "near"):
    skops.io.dump(models[name], os.path.join(folder, f"{name}.skops"))


class Foreign(Ridge):
    """A class that no list knows."""


skops.io.dump(Foreign().fit(X, y), os.path.join(folder, "foreign.skops"))
