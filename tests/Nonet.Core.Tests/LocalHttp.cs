using System.Net;
using System.Net.Sockets;

namespace Nonet.Tests;

/// <summary>Listens for HTTP requests of this machine on a free port.</summary>
static class LocalHttp
{
    /// <param name="path">Path that the listener serves, which starts and ends with a slash.</param>
    public static (HttpListener Listener, string Address) Listen(string path = "/")
    {
        while (true)
        {
            using var free = new TcpListener(IPAddress.Loopback, 0);
            free.Start();
            var address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}{path}";
            free.Stop();
            var listener = new HttpListener();
            listener.Prefixes.Add(address);
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) // another program has taken the port meanwhile
            {
                listener.Close();
            }
        }
    }
}
