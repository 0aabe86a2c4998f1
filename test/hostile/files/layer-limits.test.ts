import { filesystemLimits } from "./filesystem-limits.js";

filesystemLimits("layer on disk");
filesystemLimits("layer in memory");
