//! What outlives the broker: it is killed, and started with what is on disk.

use crate::script::{both, new};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_to_its_subscriptions() {
    both(
        "
        r -> connect keep
        r -> subscribe a qos1 , b/+ qos2 , c qos0 , $share/g/d qos1
        r -> unsubscribe c
        restart
        r -> connect keep
        r <- connack resumed ...
        s -> connect
        s -> publish a 1 qos2
        s -> publish b/x 2 qos2
        s -> publish c 3 qos1
        s -> publish d 4 qos1
        r <- publish a 1 qos1
        r <- publish b/x 2 qos2
        r <- publish d 4 qos1
        r <- nothing
    ",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_to_what_waits() {
    both(
        "
        r -> connect keep
        r -> subscribe # qos2
        r -> disconnect
        s -> connect
        s -> publish a 1 qos1
        s -> publish a 2 qos2
        s -> publish a 3 qos1
        s -> publish a 4 qos2
        s -> publish a 5
        restart
        s -> connect
        s -> publish a 6 qos1
        restart
        r -> connect keep
        r <- connack resumed ...
        r <- publish a 2 qos2 ...
        r <- publish a 4 qos2 ...
        r <- publish a 1 qos1
        r <- publish a 3 qos1
        r <- publish a 6 qos1
        r <- nothing
        restart
        r -> connect keep
        r <- connack resumed ...
        r <- nothing
    ",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn had_not_acknowledged() {
    both(
        "
        r -> connect keep
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos1
        s -> publish t 2 qos2
        s -> publish t 3 qos2
        s -> publish t 4 qos2
        r <- publish t 1 qos1 id=$a
        r <- publish t 2 qos2 id=$b
        r <- publish t 3 qos2 id=$c
        r <- publish t 4 qos2
        r -> pubrec $b
        r <- pubrel $b
        restart
        r -> connect keep
        r <- connack resumed ...
        r <- pubrel $b
        r -> pubcomp $b
        r <- publish t 3 qos2 id=$c dup
        r -> pubrec $c
        r <- pubrel $c
        r -> pubcomp $c
        r <- publish t 1 qos1
        r <- nothing
        restart
        r -> connect keep
        r <- connack resumed ...
        r <- nothing
    ",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn had_not_released() {
    both(
        "
        r -> connect keep
        r -> subscribe t qos2
        s -> connect keep
        s -> publish t 1 qos2 id=7
        s <- pubrec 7
        r <- publish t 1 qos2
        r -> ping
        restart
        r -> connect keep
        s -> connect keep
        s <- connack resumed ...
        s -> publish t 1 qos2 id=7 dup
        s <- pubrec 7
        s -> pubrel 7
        s <- pubcomp 7
        r <- nothing
        restart
        s -> connect keep
        s -> publish t 2 qos2 id=7
        s <- pubrec 7
        r -> connect keep
        r <- publish t 2 qos2 ...
        r <- nothing
    ",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn had_a_session_that_was_not_kept() {
    both(
        "
        r -> connect clean
        r -> subscribe t qos1
        k -> connect keep
        k -> subscribe t qos1
        k -> disconnect
        k -> connect clean
        restart
        s -> connect
        s -> publish t x qos1
        r -> connect keep
        r <- connack new ...
        r <- nothing
        k -> connect keep
        k <- connack new ...
        k <- nothing
    ",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn had_retained_something() {
    both(
        "
        s -> connect
        s -> publish a 1 qos1 retain
        s -> publish b 2 qos2 retain
        s -> publish c 3 qos1 retain
        s -> publish c '' qos1 retain
        restart
        r -> connect
        r -> subscribe # qos2
        r <- publish a|b 1|2 qos1|qos2 retained
        r <- publish a|b 1|2 qos1|qos2 retained
        r <- nothing
    ",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn had_options_and_properties() {
    new("
        r -> connect keep session=100
        r -> subscribe t qos1 asis sub=300
        r -> subscribe u qos1 nolocal
        r -> disconnect
        s -> connect
        s -> publish t 1 qos1 retain type=a response=b correlation=c user:d=e user:d=f format=1 expiry=100
        restart
        r -> connect keep session=100
        r <- connack resumed ...
        r <- publish t 1 qos1 retained type=a response=b correlation=c user:d=e user:d=f format=1 expiry=~100 sub=300
        r -> publish u mine qos1
        r <- nothing
        q -> connect
        q -> subscribe t qos1
        q <- publish t 1 qos1 retained type=a response=b correlation=c user:d=e user:d=f format=1 expiry=~100
    ")
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn had_left_a_will() {
    both(
        "
        w -> connect keep
        w -> subscribe will/# qos1
        a -> connect keep will=will/a:gone willqos=1
        b -> connect keep will=will/b:gone willqos=1
        b -> disconnect
        restart
        w -> connect keep
        w <- connack resumed ...
        w <- publish will/a gone qos1
        w <- nothing
    ",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn had_a_session_for_a_second() {
    new("
        w -> connect keep
        w -> subscribe will/# qos1
        a -> connect keep session=1 will=will/a:gone willqos=1 will.delay=60
        restart
        w -> connect keep
        w <- publish will/a gone qos1
        a -> connect keep
        a <- connack new ...
    ")
    .await;
}
