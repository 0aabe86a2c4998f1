import { filesystemLimits } from "./filesystem-limits.js";

filesystemLimits("memory mount");
filesystemLimits("host directory");
