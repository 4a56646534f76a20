global using Nonet.Tests;
global using Xunit;
