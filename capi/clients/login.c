/* A RAS custom-scripting DLL and its host. The host opens a port and hands functions to the DLL
 * that get, free, receive, retrieve and send buffers. The DLL logs in with them. Both sides are as
 * the pages on RasCustomScriptExecute describe them, and RasGetBuffer and RasFreeBuffer come from
 * the library. At the other end of the port a peer asks for a name and a password. */
#include "client.h"

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#define CLIENT_READ(from, bytes, n) _read(from, bytes, (unsigned)(n))
#define CLIENT_WRITE(to, bytes, n) _write(to, bytes, (unsigned)(n))
#define CLIENT_CLOSE _close
#else
#include <sys/socket.h>
#define CLIENT_READ(from, bytes, n) read(from, bytes, n)
#define CLIENT_WRITE(to, bytes, n) write(to, bytes, n)
#define CLIENT_CLOSE close
#endif

enum { ERROR_AUTHENTICATION = 691, ERROR_DISCONNECTED = 619, FRAME = 1500 };

/* ---- The port: a line to a peer -------------------------------------------------------------- */

typedef struct line {
    int in, out;
} line;

static void open_line(line ends[2]) {
#ifdef _WIN32
    int there[2], back[2];
    CHECK(_pipe(there, 4096, _O_BINARY) == 0 && _pipe(back, 4096, _O_BINARY) == 0);
    ends[0] = (line){back[0], there[1]};
    ends[1] = (line){there[0], back[1]};
#else
    int both[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
    ends[0] = (line){both[0], both[0]};
    ends[1] = (line){both[1], both[1]};
#endif
}

static void close_line(line end) {
    CLIENT_CLOSE(end.in);
    if (end.out != end.in) {
        CLIENT_CLOSE(end.out);
    }
}

/* ---- The peer: asks, and answers by what it is told ------------------------------------------ */

typedef struct peer {
    line line;
    const char *name, *password;
    bool hangs_up;
} peer;

static void say(const peer *self, const char *text) {
    CHECK(CLIENT_WRITE(self->line.out, text, strlen(text)) == (long)strlen(text));
}

static void hear(const peer *self, char *text, size_t room) {
    size_t n = 0;
    while (n == 0 || text[n - 1] != '\r') {
        CHECK(n + 1 < room);
        CHECK(CLIENT_READ(self->line.in, text + n, 1) == 1);
        n++;
    }
    text[n - 1] = 0;
}

static void run_peer(void *argument) {
    const peer *self = argument;
    char name[FRAME], password[FRAME];
    /* The text comes in pieces, as on a slow line. */
    say(self, "Welcome to the ");
    say(self, "concentrator\r\nlogin:");
    hear(self, name, sizeof name);
    if (!self->hangs_up) {
        say(self, "password:");
        hear(self, password, sizeof password);
        bool known = strcmp(name, self->name) == 0 && strcmp(password, self->password) == 0;
        say(self, known ? "\r\nconnected\r\n>" : "\r\nlogin incorrect\r\n>");
    }
    close_line(self->line);
}

/* ---- The host: hands out functions and checks what comes back -------------------------------- */

typedef struct port {
    line line;
    /* The buffer that holds received bytes which were not retrieved yet, and how many they are. */
    framewell_byte *receiving;
    framewell_dword received;
    unsigned refused;
} port;

typedef framewell_dword(FRAMEWELL_WINAPI *send_buffer)(void *port, framewell_byte *buffer, framewell_dword size);
typedef framewell_dword(FRAMEWELL_WINAPI *receive_buffer)(void *port, framewell_byte *buffer, framewell_dword *size,
                                                          framewell_dword timeout, void *event);
typedef framewell_dword(FRAMEWELL_WINAPI *retrieve_buffer)(void *port, framewell_byte *buffer, framewell_dword *size);

/* Returns whether a client's buffer is a frame with room for `size` bytes. */
static bool is_buffer(port *self, const framewell_byte *buffer, framewell_dword size) {
    framewell_dword capacity;
    if (framewell_ras_query(buffer, &capacity) == FRAMEWELL_SUCCESS && size <= capacity) {
        return true;
    }
    self->refused++;
    return false;
}

static framewell_dword FRAMEWELL_WINAPI host_send(void *at, framewell_byte *buffer, framewell_dword size) {
    port *self = at;
    if (!is_buffer(self, buffer, size)) {
        return FRAMEWELL_ERROR_BUFFER_INVALID;
    }
    return CLIENT_WRITE(self->line.out, buffer, size) == (long)size ? FRAMEWELL_SUCCESS : ERROR_DISCONNECTED;
}

static framewell_dword FRAMEWELL_WINAPI host_receive(void *at, framewell_byte *buffer, framewell_dword *size, framewell_dword timeout,
                                                     void *event) {
    port *self = at;
    (void)timeout, (void)event;
    if (!is_buffer(self, buffer, *size)) {
        return FRAMEWELL_ERROR_BUFFER_INVALID;
    }
    long n = (long)CLIENT_READ(self->line.in, buffer, *size);
    if (n <= 0) {
        return ERROR_DISCONNECTED;
    }
    self->receiving = buffer;
    self->received = (framewell_dword)n;
    return FRAMEWELL_SUCCESS;
}

static framewell_dword FRAMEWELL_WINAPI host_retrieve(void *at, framewell_byte *buffer, framewell_dword *size) {
    port *self = at;
    if (!is_buffer(self, buffer, 0) || buffer != self->receiving) {
        return FRAMEWELL_ERROR_BUFFER_INVALID;
    }
    *size = self->received;
    self->receiving = NULL;
    return FRAMEWELL_SUCCESS;
}

/* ---- The DLL: knows the port as a handle, and the host by its functions ---------------------- */

typedef struct script {
    void *port;
    framewell_ras_get_buffer get;
    framewell_ras_free_buffer free;
    send_buffer send;
    receive_buffer receive;
    retrieve_buffer retrieve;
    framewell_byte *received, *sent;
} script;

/* Reads until the peer has said the prompt. Returns the code of what ends the dialogue before
 * that. */
static framewell_dword wait_for(script *self, const char *prompt, char *said, size_t room) {
    size_t n = strlen(said);
    while (strstr(said, prompt) == NULL) {
        framewell_dword size = FRAME;
        framewell_dword code = self->receive(self->port, self->received, &size, 1000, NULL);
        code = code != FRAMEWELL_SUCCESS ? code : self->retrieve(self->port, self->received, &size);
        if (code != FRAMEWELL_SUCCESS) {
            return code;
        }
        CHECK(n + size < room);
        memcpy(said + n, self->received, size);
        said[n += size] = 0;
    }
    return FRAMEWELL_SUCCESS;
}

static framewell_dword answer(script *self, const char *text) {
    framewell_dword size = (framewell_dword)strlen(text);
    memcpy(self->sent, text, size);
    self->sent[size++] = '\r';
    return self->send(self->port, self->sent, size);
}

static framewell_dword dialogue(script *self, const char *name, const char *password) {
    char said[FRAME] = "";
    const struct {
        const char *prompt, *reply;
    } steps[] = {{"login:", name}, {"password:", password}};
    for (size_t i = 0; i < 2; i++) {
        framewell_dword code = wait_for(self, steps[i].prompt, said, sizeof said);
        code = code != FRAMEWELL_SUCCESS ? code : answer(self, steps[i].reply);
        if (code != FRAMEWELL_SUCCESS) {
            return code;
        }
    }
    framewell_dword code = wait_for(self, ">", said, sizeof said);
    if (code != FRAMEWELL_SUCCESS) {
        return code;
    }
    return strstr(said, "connected") != NULL ? FRAMEWELL_SUCCESS : ERROR_AUTHENTICATION;
}

static framewell_dword get_frame(const script *self, framewell_byte **frame) {
    framewell_dword size = FRAME;
    framewell_dword code = self->get(frame, &size);
    if (code == FRAMEWELL_SUCCESS) {
        CHECK_EQ(size, FRAME);
    }
    return code;
}

/* Does what a DLL exports as RasCustomScriptExecute: it gets both buffers, runs the dialogue, and
 * frees both. */
static framewell_dword execute(script *self, const char *name, const char *password) {
    framewell_dword code = get_frame(self, &self->received);
    if (code != FRAMEWELL_SUCCESS) {
        return code;
    }
    code = get_frame(self, &self->sent);
    if (code == FRAMEWELL_SUCCESS) {
        CHECK(self->sent != self->received);
        code = dialogue(self, name, password);
        CHECK_EQ(self->free(self->sent), FRAMEWELL_SUCCESS);
    }
    CHECK_EQ(self->free(self->received), FRAMEWELL_SUCCESS);
    return code;
}

/* ---- Connections ----------------------------------------------------------------------------- */

static script script_on(port *at) {
    return (script){at, RasGetBuffer, RasFreeBuffer, host_send, host_receive, host_retrieve, NULL, NULL};
}

static void connect_as(const char *name, const char *password, bool hangs_up, framewell_dword expected) {
    line ends[2];
    client_thread thread;
    open_line(ends);
    peer other = {ends[1], "alice", "s3cret", hangs_up};
    port here = {ends[0], NULL, 0, 0};
    client_start(&thread, run_peer, &other);
    script dll = script_on(&here);
    CHECK_EQ(execute(&dll, name, password), expected);
    client_join(&thread);
    close_line(ends[0]);
    CHECK_EQ(here.refused, 0);
    CHECK_EQ(client_stats(client_shared_pool()).out, 0);
}

static void login_succeeds(void) {
    connect_as("alice", "s3cret", false, FRAMEWELL_SUCCESS);
}

static void login_with_a_wrong_password_fails(void) {
    connect_as("alice", "wrong", false, ERROR_AUTHENTICATION);
}

static void login_fails_when_the_peer_hangs_up(void) {
    connect_as("alice", "s3cret", true, ERROR_DISCONNECTED);
}

static void the_second_buffer_may_be_refused(void) {
    framewell_byte *others[8];
    framewell_dword size = FRAME;
    size_t n = client_stats(client_shared_pool()).free - 1;
    port here = {{-1, -1}, NULL, 0, 0};
    script dll = script_on(&here);
    CHECK(n < 8);
    for (size_t i = 0; i < n; i++) {
        CHECK_EQ(RasGetBuffer(&others[i], &size), FRAMEWELL_SUCCESS);
    }
    CHECK_EQ(execute(&dll, "alice", "s3cret"), FRAMEWELL_ERROR_OUT_OF_BUFFERS);
    CHECK_EQ(client_stats(client_shared_pool()).out, n);
    for (size_t i = 0; i < n; i++) {
        CHECK_EQ(RasFreeBuffer(others[i]), FRAMEWELL_SUCCESS);
    }
}

static void the_host_answers_610_for_what_is_no_buffer(void) {
    framewell_byte own[FRAME] = {0}, *frame, *freed;
    framewell_dword size = FRAME;
    void *dot11;
    port here = {{-1, -1}, NULL, 0, 0};
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasGetBuffer(&freed, &size), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasFreeBuffer(freed), FRAMEWELL_SUCCESS);
    CHECK_EQ(Dot11ExtAllocateBuffer(FRAME, &dot11), FRAMEWELL_SUCCESS);
    framewell_byte *bad[] = {NULL, own, frame + 1, freed, dot11};
    for (size_t i = 0; i < 5; i++) {
        size = 60;
        CHECK_EQ(host_send(&here, bad[i], 60), FRAMEWELL_ERROR_BUFFER_INVALID);
        CHECK_EQ(host_receive(&here, bad[i], &size, 0, NULL), FRAMEWELL_ERROR_BUFFER_INVALID);
        CHECK_EQ(host_retrieve(&here, bad[i], &size), FRAMEWELL_ERROR_BUFFER_INVALID);
    }
    CHECK_EQ(host_send(&here, frame, FRAME + 1), FRAMEWELL_ERROR_BUFFER_INVALID);
    CHECK_EQ(here.refused, 16);
    CHECK_EQ(client_stats(client_shared_pool()).misuses, 0);
    Dot11ExtFreeBuffer(dot11);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
}

/* Fills every frame with garbage, because no client may rely on zeros. */
static void fill_with_garbage(void) {
    framewell_byte *frames[8];
    framewell_dword size = FRAME;
    size_t n = 0;
    while (RasGetBuffer(&frames[n], &size) == FRAMEWELL_SUCCESS) {
        memset(frames[n++], 0xa5, FRAME);
        CHECK(n < 8);
    }
    while (n > 0) {
        CHECK_EQ(RasFreeBuffer(frames[--n]), FRAMEWELL_SUCCESS);
    }
}

int main(void) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = 4;
    CHECK_EQ(framewell_init(&config, NULL, 0), FRAMEWELL_SUCCESS);
    fill_with_garbage();

    RUN(login_succeeds);
    RUN(login_with_a_wrong_password_fails);
    RUN(login_fails_when_the_peer_hangs_up);
    RUN(the_second_buffer_may_be_refused);
    RUN(the_host_answers_610_for_what_is_no_buffer);
    return client_end();
}
